"""What a Python source means: its syntax tree, without comments, layout, docstrings."""

from __future__ import annotations

import ast
import hashlib


def of_source(source: str | bytes, name: str = "<source>") -> str:
    """Return a module's syntax tree without docstrings, as text.

    It is the same under all versions of Python that see the same tree, which
    `ast.dump()` is not.
    name: of the file, for messages. Raises SyntaxError, ValueError or RecursionError if
    it cannot be parsed.
    """
    return _text(ast.parse(source, name))


def digest(source: bytes) -> str:
    """Return 64 hexadecimal digits, the same for sources that mean the same.

    For one that cannot be parsed, they are of its bytes.
    """
    try:
        meant = of_source(source).encode("utf-8", "surrogatepass")
    except (SyntaxError, ValueError, RecursionError):
        meant = source
    return hashlib.sha256(meant).hexdigest()


def _text(node: object) -> str:
    if isinstance(node, list):
        return f"[{','.join(map(_text, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    body = fields.get("body")
    if isinstance(body, list) and body and _is_text(body[0]):
        fields["body"] = body[1:]
    # Younger versions have fields that older ones do not; empty, they say nothing.
    said = (
        f"{name}={_text(value)}"
        for name, value in fields.items()
        if value not in _EMPTY
    )
    return f"{type(node).__name__}({','.join(said)})"


_EMPTY: tuple[object, ...] = (None, [])


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
