"""Migrations in production: where a database stands, and what an upgrade would do.

Everything here is asked for by an option, a setting or a command of its own; `env.py`,
revision files and the version table stay what upstream reads, too.
"""

from __future__ import annotations

from ._status import Pending as Pending
from ._status import Status as Status
from ._status import status as status

__all__ = ["Pending", "Status", "status"]
