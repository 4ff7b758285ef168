"""Revision files: where they are, what they say, how they follow each other."""

from .base import Script, ScriptDirectory

__all__ = ["Script", "ScriptDirectory"]
