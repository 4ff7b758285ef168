#!/bin/sh
# The main job, start to end, on SQLite: each command is printed, then its real output.
# usage: demo.sh DIRECTORY   (made anew; `alembic` is the one on PATH)
set -eu

directory=$1
rm -rf "$directory"
mkdir -p "$directory"
cd "$directory"

# Print a command so that a shell reads it back as it was given, then run it.
run() {
    printf '\n$'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=@%+,-]*)
            printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

# Show what was changed in a file that `sed -i.orig` has edited.
show_edit() {
    printf '\n$ diff %s.orig %s\n' "$1" "$1"
    diff "$1.orig" "$1" || true
    rm "$1.orig"
}

write_models() {
    printf "\n$ cat > models.py <<'END'\n"
    tee models.py
    printf 'END\n'
}

run alembic init migrations

# What a project does after `init`: its database, and where its models are.
run sed -i.orig 's|^sqlalchemy.url = .*|sqlalchemy.url = sqlite:///shop.db|' alembic.ini
run sed -i.orig 's|^target_metadata = None|from models import Base\
\
target_metadata = Base.metadata|' migrations/env.py
show_edit alembic.ini
show_edit migrations/env.py

write_models <<'MODELS'
from sqlalchemy import ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)


class Order(Base):
    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
MODELS

run alembic revision --autogenerate -m "customers and orders" --rev-id 0001
run cat migrations/versions/0001_customers_and_orders.py
run alembic upgrade head

write_models <<'MODELS'
from sqlalchemy import ForeignKey, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str | None] = mapped_column(Text, index=True)


class Order(Base):
    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
MODELS

run alembic revision --autogenerate -m "a name for customers" --rev-id 0002
run cat migrations/versions/0002_a_name_for_customers.py
run alembic upgrade head
run alembic downgrade -1
run alembic current
run alembic history --verbose
