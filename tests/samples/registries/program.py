import json, sys
from importlib import import_module

registries, modules = json.loads(sys.argv[1])

def contents():
    found = {}
    for name, (module, expression) in registries.items():
        entries = eval(expression, vars(import_module("alembic_c." + module)))
        found[name] = [str(entry) for entry in entries]
    return found

found = [contents()]
for module in modules:
    import_module("alembic_c." + module)
found.append(contents())
import_module("alembic_c._bootstrap").ensure_comparators()
found.append(contents())
json.dump(found, sys.stdout)
