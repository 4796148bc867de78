/* SPDX-License-Identifier: BSD-2-Clause */
/* The sandbox, by trying what must not work any more: each try in a process of its own. */
#include "app/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "unit.h"

enum end {
    WORKS,   /* the try succeeded */
    FAILS,   /* with EPERM, EACCES, or as if there were another file system */
    IS_ENDED /* by SIGSYS */
};

/* 0 where it worked, else an errno. */
typedef int (*try_fn)(void);

static char folder[] = "/tmp/tcpwhy-sandbox-XXXXXX";

static int result(long value)
{
    return value < 0 ? errno : 0;
}

/* ---- what must not work ---- */

static int try_read_passwd(void)
{
    return result(open("/etc/passwd", O_RDONLY));
}

static int try_write_elsewhere(void)
{
    return result(open("/tmp/tcpwhy-elsewhere", O_WRONLY | O_CREAT, 0600));
}

static int try_write_what_is_for_reading(void)
{
    return result(open("/proc/self/comm", O_WRONLY));
}

static int try_leave_folder(void)
{
    return result(rename("kept", "../tcpwhy-sandbox-moved"));
}

static int try_make_folder(void)
{
    return result(mkdir("below", 0700));
}

static int try_link(void)
{
    return result(symlink("/etc/passwd", "link"));
}

static int try_exec(void)
{
    return result(execl("/bin/true", "true", (char *)NULL));
}

static int try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int try_ptrace(void)
{
    return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_mount(void)
{
    return result(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int try_internet(void)
{
    return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_internet_6(void)
{
    return result(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int try_packets(void)
{
    return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_local_stream(void)
{
    return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_audit(void)
{
    return result(socket(AF_NETLINK, SOCK_RAW, 9 /* NETLINK_AUDIT */));
}

static int try_kill(void)
{
    return result(kill(getppid(), 0));
}

static int try_become_root(void)
{
    return result(setresuid(0, 0, 0));
}

static int try_run_memory(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? errno : 0;
}

static int try_raise_limit(void)
{
    struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};

    return result(setrlimit(RLIMIT_NOFILE, &limit));
}

static int try_type_for_user(void)
{
    return result(syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x"));
}

static int try_keyring(void)
{
    return result(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

/* ---- what must go on working ---- */

static int try_rotate(void)
{
    int fd = open("kept", O_WRONLY | O_CREAT | O_APPEND, 0644);

    if (fd < 0 || write(fd, "x", 1) != 1 || close(fd))
        return errno;
    if (rename("kept", "kept.1") || (fd = open("kept", O_WRONLY | O_CREAT | O_EXCL, 0644)) < 0)
        return errno;
    return result(unlink("kept.1"));
}

static int try_read_own_figures(void)
{
    return result(open("/proc/self/statm", O_RDONLY));
}

static int try_no_new_privs(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    bool is_set = false;

    while (file && fgets(line, sizeof(line), file))
        is_set |= strcmp(line, "NoNewPrivs:\t1\n") == 0;
    return is_set ? 0 : EINVAL;
}

static int try_ask_kernel(void)
{
    return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 4 /* NETLINK_SOCK_DIAG */));
}

static int try_ask_for_interface(void)
{
    return result(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static void *nothing(void *ctx)
{
    return ctx;
}

static int try_thread(void)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, nothing, NULL);

    return code ? code : pthread_join(thread, NULL);
}

static int try_memory(void)
{
    char *at = malloc(64u << 20);

    if (!at)
        return ENOMEM;
    memset(at, 1, 64u << 20);
    free(at);
    return 0;
}

static const struct {
    const char *name;
    try_fn try;
    enum end end;
} tries[] = {
    {"reading a file of the system", try_read_passwd, FAILS},
    {"writing outside the folder", try_write_elsewhere, FAILS},
    {"writing where only reading was asked for", try_write_what_is_for_reading, FAILS},
    {"moving a file out of the folder", try_leave_folder, FAILS},
    {"making a folder", try_make_folder, FAILS},
    {"making a link", try_link, FAILS},
    {"starting a program", try_exec, IS_ENDED},
    {"starting a process", try_fork, FAILS},
    {"looking into another process", try_ptrace, IS_ENDED},
    {"mounting", try_mount, IS_ENDED},
    {"a socket to the network", try_internet, FAILS},
    {"one for IPv6", try_internet_6, FAILS},
    {"one for packets", try_packets, FAILS},
    {"one for connections to services", try_local_stream, FAILS},
    {"one to other parts of the kernel", try_audit, FAILS},
    {"a signal to another process", try_kill, FAILS},
    {"becoming root", try_become_root, FAILS},
    {"memory to write and run", try_run_memory, FAILS},
    {"another limit", try_raise_limit, FAILS},
    {"typing for the user of the terminal", try_type_for_user, FAILS},
    {"the kernel's keys", try_keyring, IS_ENDED},
    {"rotating a file", try_rotate, WORKS},
    {"reading its own figures", try_read_own_figures, WORKS},
    {"no_new_privs", try_no_new_privs, WORKS},
    {"asking the kernel about sockets", try_ask_kernel, WORKS},
    {"asking for an interface", try_ask_for_interface, WORKS},
    {"a thread", try_thread, WORKS},
    {"memory", try_memory, WORKS},
};

#define EXIT_NO_SANDBOX 99

/* Ends the process with what came of the try. */
static void try_inside(try_fn try)
{
    const struct sandbox_path paths[] = {{folder, SANDBOX_WRITE},
                                         {"/proc", SANDBOX_READ},
                                         {"/bin", SANDBOX_READ},
                                         {"/not-there", SANDBOX_WRITE}};
    const struct sandbox_config config = {.paths = paths, .n_paths = ARRAY_LEN(paths)};
    struct sandbox_state state;
    struct err err;

    if (chdir(folder) || sandbox_enter(&config, &state, &err))
        _exit(98);
    if (!state.has_landlock || !state.has_seccomp)
        _exit(EXIT_NO_SANDBOX);
    _exit(try());
}

static bool is_refusal(int code)
{
    return code == EPERM || code == EACCES || code == EXDEV;
}

static int status_of(try_fn try)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        try_inside(try);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_only_what_is_needed_works(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        int status = status_of(tries[i].try);
        int code = WEXITSTATUS(status);
        bool is_as_wanted;

        if (WIFEXITED(status) && code == EXIT_NO_SANDBOX)
            skip(); /* a sanitizer's build, or a kernel without it */
        if (tries[i].end == IS_ENDED)
            is_as_wanted = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
        else
            is_as_wanted =
                WIFEXITED(status) && (tries[i].end == WORKS ? code == 0 : is_refusal(code));
        if (!is_as_wanted)
            fail_msg("%s: status 0x%x", tries[i].name, (unsigned)status);
    }
}

/* Else the cases above would say nothing: all of it works before. */
static void test_the_same_works_outside(void **state)
{
    static const try_fn outside[] = {try_read_passwd,  try_internet,    try_fork,
                                     try_run_memory,   try_make_folder, try_link,
                                     try_local_stream, try_leave_folder};

    (void)state;
    assert_int_equal(chdir(folder), 0);
    for (size_t i = 0; i < ARRAY_LEN(outside); i++)
        assert_int_equal(outside[i](), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder))
        return -1;
    return result(close(open("kept", O_WRONLY | O_CREAT, 0644)));
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s /tmp/tcpwhy-sandbox-moved", folder);
    return chdir("/") || system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_needed_works),
        cmocka_unit_test(test_the_same_works_outside),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
