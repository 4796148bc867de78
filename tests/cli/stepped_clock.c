/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wall clock that can be stepped, for one program (LD_PRELOAD): the machine's own is left alone.
 *
 * The file of STEPPED_CLOCK holds three numbers that a test changes while the program runs: when
 * the step was, by the real clock, and what is added to the wall clock before and after it. Packets
 * get their dates from it too, as the kernel would date them.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <dlfcn.h>
#include <pcap/pcap.h>

#define NS_PER_S INT64_C(1000000000)

struct step {
    int64_t at_ns, before_ns, after_ns;
};

static const volatile struct step *step;

__attribute__((constructor)) static void map_step(void)
{
    static const struct step none;
    const char *path = getenv("STEPPED_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0);

    step = map == MAP_FAILED ? &none : map;
    if (fd >= 0)
        (void)close(fd);
}

static int64_t stepped_ns(int64_t real_ns)
{
    return real_ns + (real_ns < step->at_ns ? step->before_ns : step->after_ns);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int code = (int)syscall(SYS_clock_gettime, clock, now);
    int64_t ns;

    if (code || clock != CLOCK_REALTIME || !step)
        return code;
    ns = stepped_ns((int64_t)now->tv_sec * NS_PER_S + now->tv_nsec);
    *now = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    return 0;
}

struct callback {
    pcap_handler handler;
    u_char *user;
    int64_t unit_ns;
};

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    const struct callback *callback = (const void *)user;
    struct pcap_pkthdr dated = *header;
    int64_t ns =
        stepped_ns((int64_t)header->ts.tv_sec * NS_PER_S + header->ts.tv_usec * callback->unit_ns);

    dated.ts.tv_sec = ns / NS_PER_S;
    dated.ts.tv_usec = ns % NS_PER_S / callback->unit_ns;
    callback->handler(callback->user, &dated, bytes);
}

int pcap_dispatch(pcap_t *pcap, int n_pkts, pcap_handler handler, u_char *user)
{
    static int (*real)(pcap_t *, int, pcap_handler, u_char *);
    bool is_nano = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
    struct callback callback = {handler, user, is_nano ? 1 : 1000};

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pcap_dispatch");
    return real(pcap, n_pkts, on_packet, (u_char *)&callback);
}
