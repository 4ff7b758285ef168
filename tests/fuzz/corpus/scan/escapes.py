'\x41\u00e9\U0001F600\N{BULLET}\101\
z'
revision = "\a\b\f\n\r\t\v\\\'\"\d\777" R'''\''''' \
  "b"
down_revision = (((("a",),),),)
branch_labels: 'Final' = ()
depends_on = "a",
