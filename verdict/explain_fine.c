/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what is no failure, and for what cannot be judged. See explain_words.h. */
#include "verdict/explain_words.h"

const struct verdict_words words_ok = {
    .message = "{client} connected to {server}, {lasted}",
    .brief = "ok, {lasted}",
    .meaning = "The handshake took {handshake}, and the connection ended without a fault after "
               "{lasted}: {client_bytes} of the client, {server_bytes} of the server.",
    .doc = "A handshake, and an orderly end or none within the capture.",
    .filter = "",
};

const struct verdict_words words_ok_rst_close = {
    .message = "{client} and {server} ended by a RST of {ender} with nothing outstanding",
    .brief = "ok, closed by RST",
    .meaning = "{ender} closed with a RST after all data had been acknowledged and no answer was "
               "due. Nothing was lost by it.",
    .doc = "A RST in the place of a FIN, with all data acknowledged and no request open: the way "
           "many clients, health checks and Windows programs close.",
    .filter = "tcp.flags.reset==1",
};

const struct verdict_words words_rst_after_fin = {
    .message = "{client} and {server} closed in order; a RST followed",
    .brief = "ok, RST after FIN",
    .meaning = "The connection was closed by FIN; the RST of {ender} came after it and cost no "
               "data. TLS clients that leave the last alert unread do so.",
    .doc = "A RST after a FIN, with all data acknowledged but for a TLS close_notify at most: the "
           "clean-up of a kernel, harmless.",
    .filter = "tcp.flags.fin==1 || tcp.flags.reset==1",
};

const struct verdict_words words_simultaneous_open = {
    .message = "{client} and {server} connected to each other at once, {lasted}",
    .brief = "SYNs crossed",
    .meaning = "Both sides sent a SYN before either got a SYN-ACK, and both SYN-ACKs came: one "
               "connection, opened from both ends.",
    .doc = "SYNs of both sides crossed and the connection works (RFC 9293, section 3.5). Programs "
           "that go through NAT do so on purpose.",
    .filter = "",
};

const struct verdict_words words_slow_handshake = {
    .message = "{client} connected to {server} only after {handshake}: {syns}, {synacks}",
    .brief = "connected after {handshake}, {n_syn}",
    .meaning = "The connection came about after {handshake} and with {syns} and {synacks}: a "
               "packet of the handshake was lost or ignored, and its repetition cost the time.",
    .doc = "The handshake completed after a retransmission, which costs 1 s or more: loss on the "
           "path, or a listener whose queue was full for a moment. No failure, but the same "
           "listener's failures nearby are read with it.",
    .filter = "tcp.flags.syn==1",
};

const struct verdict_words words_in_progress = {
    .message = "{client} to {server}: the capture ends before an answer was due",
    .brief = "not over at the end of the capture",
    .meaning = "The capture ends {lasted} after the first packet, before the time had come to call "
               "the silence a failure.",
    .doc = "The capture ended before an answer was due. Neither a success nor a failure.",
    .filter = "",
};

const struct verdict_words words_unknown_one_sided = {
    .message = "{client} to {server} cannot be judged: only one direction was captured",
    .brief = "one direction captured",
    .meaning = "The packets of one side are missing from the capture while their effect is "
               "visible, so silence proves nothing here.",
    .doc = "Only one direction of this server's traffic is in the capture (a mirror port of one "
           "side, asymmetric routing, direct server return). Silence proves nothing then.",
    .filter = "",
};

const struct verdict_words words_unknown_capture_loss = {
    .message = "{client} to {server} cannot be judged: packets were lost by the capture",
    .brief = "packets lost by the capture",
    .meaning = "The capture lost packets while this connection was open, among them those that "
               "would tell what happened to it.",
    .doc = "The packets that would tell were not captured: the kernel or the ring dropped them, or "
           "they were shed under load. A larger buffer (-B) or a narrower filter helps.",
    .filter = "",
};

const struct verdict_words words_unknown_truncated = {
    .message = "{client} to {server} cannot be judged: the snap length cut what would tell",
    .brief = "cut by the snap length",
    .meaning = "The packets were captured, but cut before the bytes that would tell.",
    .doc = "The snap length cut the headers that would tell. 128 bytes hold every TCP header.",
    .filter = "",
};

const struct verdict_words words_unknown_midstream = {
    .message = "{client} to {server} cannot be judged: it began before the capture",
    .brief = "began before the capture",
    .meaning = "The first packet in the capture is not the connection's first, so its handshake "
               "and what led to its end are not known.",
    .doc = "The connection began before the capture; what needs its start is not judged.",
    .filter = "",
};
