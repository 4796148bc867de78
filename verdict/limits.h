/* SPDX-License-Identifier: BSD-2-Clause */
/* Every threshold of the rules, each with its source. Rules hold no numbers of their own. */
#ifndef VERDICT_LIMITS_H
#define VERDICT_LIMITS_H

#include <stdint.h>

#define USUAL_TIMEOUTS 17

struct verdict_limits {
    /* Capture ends so soon after the last SYN or data: not judged. Above every first
     * retransmission step (RFC 6298: 1 s; Windows: 3 s of old). */
    int64_t censored_ns;
    /* Silence after the last SYN that the tracker waits for: judged sooner, it is less sure. */
    int64_t syn_silence_ns;
    /* A SYN that is repeated after less is repeated because of an answer (7.7): no kernel's first
     * step is shorter than a second (RFC 6298 section 2.1), give or take its timer. */
    int64_t syn_repeat_ns;
    unsigned telling_syns; /* so many unanswered SYNs need no further wait */
    /* A server without known round-trip time is taken to be this far away. */
    int64_t rtt_unknown_ns;
    /* Round trips shorter than this say nothing of how far away a sender is. */
    int64_t rtt_telling_ns;
    /* Alive: any packet of the host not longer ago (VERDICTS.md 13.3, filtered-drop). */
    int64_t alive_ns;
    /* A listener that answered so shortly before the silence began has fallen silent, it was not
     * silent all along (13.3, accept-queue-overflow P1). */
    int64_t fell_silent_ns;
    /* SYN-ACK repeats after the client's ACK that make P2: one may be TCP_DEFER_ACCEPT or a long
     * path (14, trap 34). */
    unsigned overflow_synacks;
    unsigned overflow_data_copies; /* P4: copies of the first data, never acknowledged */
    /* Handshakes that need another SYN: of 256 at a listener under pressure (P1). Paths that lose
     * more than a few per cent of their packets are rare. */
    unsigned recovered_share_x256;
    /* RST after the third ACK: part of the handshake's failure, not of the connection's life. */
    int64_t early_rst_ns;       /* and 4 round trips (13.1, refused-backend-down) */
    int64_t kept_ns;            /* a handshake this old is kept: a RST comes within overflow_rst_ns
                                   and is told 2 s (TRACK_RESET_NS) and a tick later */
    int64_t overflow_rst_ns;    /* and 3 round trips (13.3, P3) */
    int64_t gave_up_ns;         /* SYN-ACK so late that a client may have given up (13.3) */
    int64_t race_ns;            /* a program that opens several connections has one: sooner than
                                   any kernel repeats a SYN (14, trap 30) */
    unsigned hops_differ;       /* more than routes wobble (14, trap 14) */
    unsigned hops_strong;       /* beyond any wobble */
    unsigned hops_stable_flows; /* flows that must agree before a single hop counts */
    int64_t idle_ns;            /* shortest idle timer of a middlebox worth the name (13.5) */
    int64_t idle_short_ns;      /* one that somebody may have set by hand */
    int64_t pooled_idle_ns;     /* idle before the server's FIN (13.5, stale-pooled-connection) */
    unsigned blackhole_copies;  /* retransmissions that make silence a blackhole, or */
    int64_t blackhole_ns;       /* this long without an answer (13.5) */
    unsigned given_up_copies;   /* fewer are final where the connection, or the capture, ends, */
    int64_t given_up_ns;        /* and the other side was silent for so long (11.5) */
    unsigned keepalive_probes;  /* unanswered, before the RST (13.5, keepalive-timeout) */
    uint32_t close_noise_bytes; /* a TLS close_notify record: 5 + 2 + 24 (13.5, rst-after-fin) */
    int64_t reorder_ns;         /* RST before data already in flight (14, trap 6) */
    int64_t rst_burst_ns;       /* RSTs of one event (6, RST_SEQ_CHANGE; GFW fingerprint) */
    int64_t after_rst_ns;       /* a sender that goes on does so within (6) */
    uint16_t id_jump;           /* from a counting sender (13.5, rst-injected) */
    int score_possible, score_likely, score_certain; /* rst-injected */
    unsigned flood_syns_per_s, flood_growth;         /* 13.4, syn-flood */
    unsigned flood_completed_percent;
    int64_t accept_close_ns;  /* 13.5, accept-then-close */
    int64_t hang_up_ns;       /* a client that asked and waited for so long wanted the answer: no
                                 timeout of a library is shorter (13.5, client-abort) */
    unsigned tamper_pkts;     /* a side's packets that a signature is looked for in (5.3) */
    unsigned scan_resets;     /* SYN-ACKs that a scanner has reset (13.4, half-open-scan) */
    int64_t abort_burst_ns;   /* between aborts of one program's end (13.5, listener-closed) */
    int64_t unknown_burst_ns; /* between RSTs of a host that restarted (13.5, lost-state) */
    unsigned many_resets;     /* in such a burst: one cause for all of them */
    unsigned queued_resets;   /* of connections that were never served: a closed listener */
    int64_t queued_age_ns;    /* a connection this old was accepted by the kernel alone */
    int64_t refused_since_ns; /* after such RSTs: the listener is gone (13.5) */
    int64_t stall_ns;         /* window 0 for so long (13.5, zero-window-stall) */
    int64_t stall_open_ns;    /* where the connection is still open */
    unsigned stall_pkts;      /* that say so: the first and the answers to probes */
    int64_t hole_ns;          /* bytes missing for so long, though their sender repeats them */
    unsigned full_copies;     /* of a segment of full size (13.5, pmtu-blackhole) */
    unsigned full_percent;    /* of the MSS, to be of full size */
    int64_t round_least_ns;   /* shorter waits are no server's timeout */
    unsigned round_early_percent; /* of a usual timeout: what a wait may fall short of it, or */
    unsigned round_late_percent;  /* exceed it, and still be that timeout */
    unsigned same_wait_percent;   /* two waits of one timeout differ by less */
    /* Timeouts that servers and proxies are shipped with or set to (13.5), rising. */
    uint16_t usual_timeout_s[USUAL_TIMEOUTS];
    unsigned consecutive_failures; /* at one listener, no success between: a pattern */
    /* A listener that was there so long before its refusals began or after they ended was away for
     * a moment; hung up on others so shortly before it (13.1, refused-service-restart). */
    int64_t restart_ns, restart_quit_ns;
    int64_t restart_span_ns, restart_crowd_ns; /* refusals over so long; so long, of a crowd */
    /* Runs of refusals closer together than this come of several backends, not of restarts. */
    int64_t interleaved_ns;
    int64_t partial_ns;    /* and so short an absence is none (13.1, near miss) */
    unsigned crowded_syns; /* in one second (13.1, refused-backlog-rst) */
    int64_t first_hop_ns;  /* an answer from so near is of this host or network (13.1) */
    int64_t
        clock_jump_ms; /* of a client's timestamps: another machine (13.4, nat-port-collision) */
    unsigned syn_fallbacks; /* connections to one host (13.3, syn-options-blackhole) */
    int64_t tls_close_ns;   /* a refusal is followed by the close (9.1, 11.7) */
    /* A page that says that a certificate was wanted, encrypted (13.6, mtls-client-cert-missing).
     */
    uint16_t refusal_least_bytes, refusal_most_bytes;
    int64_t hello_reset_ns;   /* and 4 round trips (13.6, tls-reset-on-hello) */
    int64_t hello_silence_ns; /* 13.6, tls-hello-blackhole */
    /* A packet is conntrack's INVALID when it lies outside the window; seldom by more than the
     * greatest window of Linux's defaults, 6 MiB (tcp_rmem). */
    uint32_t stray_span_bytes;
    unsigned quic_tries;      /* Initials that nobody answers; one may have been lost */
    int64_t quic_fallback_ns; /* TCP takes over within so long of the last Initial (10) */
    int64_t quic_settled_ns;  /* a client that goes on with QUIC does so within its first probe
                                 timeout (RFC 9002 section 6.2.2) */
    int64_t arp_failed_ns;    /* neighbour resolution gives up after 3 probes, 1 s apart (8.2) */
};

const struct verdict_limits *verdict_limits_default(void);

#endif
