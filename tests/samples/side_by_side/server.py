import gc, json, os, sys
ahead, entry, requests, answers = *sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4])
import mako.template, sqlalchemy, sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
sys.dont_write_bytecode = True
exec(ahead)
gc.freeze()
reader = os.fdopen(requests)
for line in reader:
    pid = os.fork()
    if not pid:
        break
    _, status = os.waitpid(pid, 0)
    os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))
else:
    os._exit(0)
request = json.loads(line)
os.chdir(request["home"])
for number, name in enumerate([os.devnull, request["out"], request["err"]]):
    file = os.open(name, os.O_RDWR | os.O_TRUNC)
    os.dup2(file, number)
    os.close(file)
os.environ.update(request["environment"])
sys.dont_write_bytecode = not request["bytecode"]
# A console script has its own directory in front of the path.
sys.path[0] = os.path.dirname(sys.executable)
sys.argv = ["/usr/bin/alembic", *request["arguments"]]
if request["program"]:
    if "alembic_c" in entry:
        import alembic_c
        alembic_c.install()
    import runpy
    sys.path.append(os.path.dirname(request["program"]))
    runpy.run_path(request["program"], run_name="__main__")
    sys.exit()
exec(entry)
if "alembic_c" in entry:
    sys.exit(main())
# What upstream leaves behind need not be taken apart, which takes as long as the rest.
import atexit
try:
    status = main()
except SystemExit as end:
    status = end.code
except BaseException:
    sys.excepthook(*sys.exc_info())
    status = 1
if not isinstance(status, (int, type(None))):
    print(status, file=sys.stderr)
    status = 1
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit((status or 0) & 255)
