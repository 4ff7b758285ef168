import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table(
    "customer", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(255), nullable=False, unique=True),
    sa.Column("score", sa.Numeric(10, 2)),
)
sa.Table(
    "profile", metadata,
    sa.Column("id", sa.ForeignKey("customer.id"), primary_key=True),
)
sa.Table(
    "order", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer", sa.ForeignKey("customer.id"), nullable=False, index=True),
    sa.Column("invoice to", sa.ForeignKey("customer.id")),
    sa.Column("parent", sa.ForeignKey("order.id")),
)
sa.Table(
    "line", metadata,
    sa.Column("order_id", sa.ForeignKey("order.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
)
sa.Table(
    "note", metadata,
    sa.Column("order_id", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(["order_id", "number"], ["line.order_id", "line.number"]),
    sa.Index("ix_note", "order_id", "number", unique=True),
)
