/* SPDX-License-Identifier: BSD-2-Clause */
/* See signals.h. The only state of the program that is not reached from main(): a handler has no
 * argument. */
#include "app/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "tui/rescue.h"

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t usr1_came;

static void on_stop(int signal_number)
{
    if (stop_signal) {
        rescue_terminal();
        _exit(128 + signal_number);
    }
    stop_signal = signal_number;
}

static void on_usr1(int signal_number)
{
    (void)signal_number;
    usr1_came = 1;
}

static void install(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

void signals_install(bool ignore_pipe)
{
    install(SIGINT, on_stop);
    install(SIGTERM, on_stop);
    install(SIGHUP, on_stop);
    install(SIGUSR1, on_usr1);
    install(SIGPIPE, ignore_pipe ? SIG_IGN : SIG_DFL);
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
    case SIGHUP:
        return "SIGHUP";
    default:
        return NULL;
    }
}

bool signals_take_usr1(void)
{
    bool came = usr1_came;

    usr1_came = 0;
    return came;
}
