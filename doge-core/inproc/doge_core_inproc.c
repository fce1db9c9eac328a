/* The library's face to Python: starts the Haskell runtime, once in a process, and
   answers a line that is a Python object by another one. */
#include "Rts.h"

/* The two functions of Python's stable interface that are needed, of the
   interpreter that loads the library; its lock is held. */
typedef struct _object PyObject;
extern int PyBytes_AsStringAndSize(PyObject *, char **, intptr_t *);
extern PyObject *PyBytes_FromStringAndSize(const char *, intptr_t);

extern HsStablePtr doge_core_new(void);
extern size_t doge_core_answer(HsStablePtr, char *, size_t, char **);

int doge_core_start(void)
{
    static char name[] = "doge_core", *arguments[] = {name, NULL}, **argv = arguments;
    static int argc = 1;
    RtsConfig config = defaultRtsConfig;

    /* As for the executable (doge-core.cabal): no ticker, which a forked child
       would lack, and signals are left to the process. */
    config.rts_opts_enabled = RtsOptsAll;
    config.rts_opts = "-V0 -A1m -K1g --disable-delayed-os-memory-return --install-signal-handlers=no";
    hs_init_ghc(&argc, &argv, config);
    return 0;
}

/* The answer to a line, both without their newline. Behind a bytes object's last
   byte is a null, at which every scan of the line ends as it would at a newline. */
PyObject *doge_core_request(HsStablePtr client, PyObject *line)
{
    char *bytes, *answer;
    intptr_t size;

    if (PyBytes_AsStringAndSize(line, &bytes, &size) != 0) return NULL;
    size = doge_core_answer(client, bytes, size, &answer);
    return PyBytes_FromStringAndSize(answer, size - 1);
}
