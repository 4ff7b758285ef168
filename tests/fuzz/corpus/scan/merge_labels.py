"merge é"
import sqlalchemy as sa
revision = 'v3.2.0.a'; down_revision = ("061", u'kilo',
    # "commented",
    r"raw")
branch_labels = {"shop", 'cart'}
depends_on = [
    "a" "b",  # two
    ("c"
     "d"),
]
def upgrade(op, tables, tester):
    op.execute("""
SET revision = 'x' -- """ f"{tables['a']:>{w}} {{}}")
class Model(object):
    revision = sa.Column(sa.Integer)
    def f(self):
        global x, y
        self.revision = 1 if self.revision else 2
