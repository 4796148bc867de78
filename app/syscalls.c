/* SPDX-License-Identifier: BSD-2-Clause */
/* See syscalls.h: the lists, and libseccomp's program made of them. */
#include "app/syscalls.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/compiler.h"

#define SOCKET_TYPE_MASK 0xfu /* without SOCK_CLOEXEC and SOCK_NONBLOCK */

/* Whatever their arguments are. */
static const int allowed[] = {
    /* what is open; files of the outputs: Landlock says which */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(pipe2),
    SCMP_SYS(sendfile),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(flock),
    SCMP_SYS(fadvise64),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(fchmod),
    SCMP_SYS(umask),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(lstat),
    SCMP_SYS(lstat64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* waiting and time */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(_newselect),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(restart_syscall),
    /* threads */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(membarrier),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* signals */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    /* questions */
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid),
    SCMP_SYS(capget),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrlimit),
    SCMP_SYS(times),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getcpu),
    /* sockets that are open: packets, who reads the metrics, the service manager */
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(bind),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
};

/* Only an intruder makes these. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(clock_settime),
    SCMP_SYS(settimeofday),
    SCMP_SYS(io_uring_setup),
};

/* Allowed where the bits `mask` of argument `argument_idx` are `value`. */
struct narrow_rule {
    int call;
    unsigned argument_idx;
    uint64_t mask, value;
};

#define ALL UINT64_MAX

static const struct narrow_rule narrow[] = {
    /* memory that is written is never run */
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mmap2), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    /* threads, not processes */
    {SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
    {SCMP_SYS(prctl), 0, ALL, PR_SET_NAME},
    {SCMP_SYS(prlimit64), 2, ALL, 0}, /* to ask, not to set */
    /* the screen */
    {SCMP_SYS(ioctl), 1, ALL, TCGETS},
    {SCMP_SYS(ioctl), 1, ALL, TCSETS},
    {SCMP_SYS(ioctl), 1, ALL, TCSETSW},
    {SCMP_SYS(ioctl), 1, ALL, TCSETSF},
    {SCMP_SYS(ioctl), 1, ALL, TIOCGWINSZ},
    {SCMP_SYS(ioctl), 1, ALL, TIOCGPGRP},
    {SCMP_SYS(ioctl), 1, ALL, TCFLSH},
    {SCMP_SYS(ioctl), 1, ALL, FIONREAD},
    {SCMP_SYS(ioctl), 1, ALL, FIONBIO},
    /* which interface is it, is it up */
    {SCMP_SYS(ioctl), 1, ALL, SIOCGIFINDEX},
    {SCMP_SYS(ioctl), 1, ALL, SIOCGIFNAME},
    {SCMP_SYS(ioctl), 1, ALL, SIOCGIFFLAGS},
    {SCMP_SYS(ioctl), 1, ALL, SIOCGIFMTU},
    {SCMP_SYS(ioctl), 1, ALL, SIOCGIFHWADDR},
    {SCMP_SYS(ioctl), 1, ALL, SIOCGSTAMP},
};

static int add_narrow(scmp_filter_ctx filter, const struct narrow_rule *rule)
{
    return seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, rule->call, 1,
        SCMP_CMP(rule->argument_idx, SCMP_CMP_MASKED_EQ, rule->mask, rule->value));
}

/* Signals to itself: abort(), raise(). */
static int add_own_signals(scmp_filter_ctx filter)
{
    scmp_datum_t self = (scmp_datum_t)getpid();
    int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, ALL, self));

    if (!code)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, ALL, self));
    return code;
}

/* One to ask for an interface's number with, and those that ask the kernel: connect() is not on the
 * list, and no other family is. */
static int add_sockets(scmp_filter_ctx filter)
{
    static const int netlinks[] = {NETLINK_ROUTE, NETLINK_SOCK_DIAG};
    int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, ALL, AF_UNIX),
                                SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, SOCK_DGRAM));

    for (size_t i = 0; i < ARRAY_LEN(netlinks) && !code; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, ALL, AF_NETLINK),
                                SCMP_A2(SCMP_CMP_MASKED_EQ, ALL, (scmp_datum_t)netlinks[i]));
    return code;
}

static int add_all(scmp_filter_ctx filter)
{
    int code = 0;

    for (size_t i = 0; i < ARRAY_LEN(allowed) && !code; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < ARRAY_LEN(deadly) && !code; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    for (size_t i = 0; i < ARRAY_LEN(narrow) && !code; i++)
        code = add_narrow(filter, &narrow[i]);
    if (!code)
        code = add_own_signals(filter);
    if (!code)
        code = add_sockets(filter);
    /* Its flags are in memory, out of reach for the filter: the C library then takes clone(). */
    if (!code)
        code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (!code)
        code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    /* A search tree: the calls of every day would stand behind a hundred comparisons. */
    if (!code)
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return code;
}

int syscalls_enter(bool *is_on, struct err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int code;

    *is_on = false;
    if (!filter)
        return err_set(err, -ENOMEM, "out of memory for the list of system calls");
    code = add_all(filter);
    if (code) {
        (void)err_set(err, code, "cannot list the system calls: %s", strerror(-code));
    } else {
        /* Not in this kernel, or a container's own filter forbids it. */
        *is_on = seccomp_load(filter) == 0;
    }
    seccomp_release(filter);
    return code;
}
