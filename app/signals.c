/* SPDX-License-Identifier: BSD-2-Clause */
/* See signals.h. The only state of the program that is not reached from main(): a handler has no
 * argument. */
#include "app/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "tui/rescue.h"

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t usr1_came, usr2_came, hangup_came;

static void on_stop(int signal_number)
{
    if (stop_signal) {
        rescue_terminal();
        _exit(128 + signal_number);
    }
    stop_signal = signal_number;
}

static void on_request(int signal_number)
{
    if (signal_number == SIGUSR1)
        usr1_came = 1;
    else if (signal_number == SIGUSR2)
        usr2_came = 1;
    else
        hangup_came = 1;
}

static void install(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

void signals_install(bool ignore_pipe, bool is_service)
{
    install(SIGINT, on_stop);
    install(SIGTERM, on_stop);
    install(SIGQUIT, on_stop);
    install(SIGHUP, is_service ? on_request : on_stop);
    install(SIGUSR1, on_request);
    install(SIGUSR2, on_request);
    install(SIGXFSZ, SIG_IGN);
    install(SIGPIPE, ignore_pipe ? SIG_IGN : SIG_DFL);
}

bool signals_hangup_ends(void)
{
    struct sigaction action;
    int fd;

    if (sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        return false;
    fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

bool signals_stop_asked(void)
{
    return stop_signal != 0;
}

const char *signals_stop_name(void)
{
    switch (stop_signal) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    case SIGQUIT:
        return "SIGQUIT";
    case SIGHUP:
        return "SIGHUP";
    default:
        return NULL;
    }
}

static bool take(volatile sig_atomic_t *word)
{
    bool came = *word;

    *word = 0;
    return came;
}

bool signals_take_usr1(void)
{
    return take(&usr1_came);
}

bool signals_take_usr2(void)
{
    return take(&usr2_came);
}

bool signals_take_hangup(void)
{
    return take(&hangup_came);
}
