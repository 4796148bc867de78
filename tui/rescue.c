/* SPDX-License-Identifier: BSD-2-Clause */
/* See rescue.h. */
#include "tui/rescue.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/counter.h"

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGQUIT};

/* Signals that are only noted. */
enum note {
    NOTE_STOP,
    NOTE_CONTINUE,
    NOTE_RESIZE,
    NOTE_COUNT
};

static const int noted_signals[] = {
    [NOTE_STOP] = SIGTSTP,
    [NOTE_CONTINUE] = SIGCONT,
    [NOTE_RESIZE] = SIGWINCH,
};

_Static_assert(ARRAY_LEN(noted_signals) == NOTE_COUNT, "a signal each note");

static struct {
    int fd;
    struct termios modes;
    char leave[RESCUE_LEAVE_BYTES];
    size_t leave_bytes;
    bool is_armed;
    struct sigaction old_fatal[ARRAY_LEN(fatal_signals)];
    struct sigaction old_noted[NOTE_COUNT];
    struct counter n_noted[NOTE_COUNT]; /* on_noted() counts up, in any thread */
    uint64_t n_taken[NOTE_COUNT];       /* main thread */
} rescue;

void rescue_terminal(void)
{
    ssize_t n_bytes;

    if (!rescue.is_armed)
        return;
    n_bytes = write(rescue.fd, rescue.leave, rescue.leave_bytes);
    (void)n_bytes; /* there is nobody left to tell */
    (void)tcsetattr(rescue.fd, TCSANOW, &rescue.modes);
}

static void on_fatal(int signal_number, siginfo_t *info, void *unused)
{
    (void)unused;
    rescue_terminal();
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        if (fatal_signals[i] == signal_number)
            (void)sigaction(signal_number, &rescue.old_fatal[i], NULL);
    /* A fault comes again by itself when the handler returns, and then shows where it is. */
    if (info->si_code <= 0)
        (void)raise(signal_number);
}

static void on_noted(int signal_number)
{
    for (size_t i = 0; i < NOTE_COUNT; i++)
        if (noted_signals[i] == signal_number)
            counter_add(&rescue.n_noted[i], 1);
}

void rescue_arm(int fd, const struct termios *modes, const char *leave)
{
    struct sigaction fatal = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO};
    struct sigaction noted = {.sa_handler = on_noted};

    rescue.fd = fd;
    rescue.modes = *modes;
    rescue.leave_bytes = strnlen(leave, sizeof(rescue.leave));
    memcpy(rescue.leave, leave, rescue.leave_bytes);

    /* A background process that sets modes is stopped: a dying one must not be. */
    sigemptyset(&fatal.sa_mask);
    sigaddset(&fatal.sa_mask, SIGTTOU);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        (void)sigaction(fatal_signals[i], &fatal, &rescue.old_fatal[i]);
    sigemptyset(&noted.sa_mask);
    for (size_t i = 0; i < NOTE_COUNT; i++)
        (void)sigaction(noted_signals[i], &noted, &rescue.old_noted[i]);
    /* Ignored before, by a shell without job control: stays ignored. */
    if (rescue.old_noted[NOTE_STOP].sa_handler == SIG_IGN)
        (void)sigaction(SIGTSTP, &rescue.old_noted[NOTE_STOP], NULL);
    rescue.is_armed = true;
}

void rescue_disarm(void)
{
    if (!rescue.is_armed)
        return;
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        (void)sigaction(fatal_signals[i], &rescue.old_fatal[i], NULL);
    for (size_t i = 0; i < NOTE_COUNT; i++)
        (void)sigaction(noted_signals[i], &rescue.old_noted[i], NULL);
    rescue.is_armed = false;
}

static bool take(enum note note)
{
    uint64_t n = counter_read(&rescue.n_noted[note]);
    bool has_come = n != rescue.n_taken[note];

    rescue.n_taken[note] = n;
    return has_come;
}

bool rescue_take_stop(void)
{
    return take(NOTE_STOP);
}

bool rescue_take_continue(void)
{
    return take(NOTE_CONTINUE);
}

bool rescue_take_resize(void)
{
    return take(NOTE_RESIZE);
}

void rescue_stop(void)
{
    /* Not SIGSTOP: without a shell that could continue us, the kernel ignores SIGTSTP. */
    struct sigaction stop = {.sa_handler = SIG_DFL};
    struct sigaction ours;

    sigemptyset(&stop.sa_mask);
    (void)sigaction(SIGTSTP, &stop, &ours);
    (void)raise(SIGTSTP);
    (void)sigaction(SIGTSTP, &ours, NULL);
}
