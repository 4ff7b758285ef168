import os, resource, runpy, signal, sys
when, _, name = sys.argv.pop(1).partition(" ")
function = getattr(os, name, None)

def last(*arguments, **options):
    if when == "after":
        function(*arguments, **options)
    signal.raise_signal(signal.SIGKILL)

# All are process 1 where each run has a container of its own.
os.getpid = lambda: 1
if when == "within":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
elif when != "never":
    setattr(os, name, last)
runpy.run_module("alembic_c", run_name="__main__", alter_sys=True)
