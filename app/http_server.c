/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See http_server.h.
 *
 * Theory of operation: libmicrohttpd without a thread of its own; the loop here waits for it and,
 * between two turns, ends connections that are too old: its time-out begins anew with each byte, so
 * whoever sends one a second would keep a place for ever.
 */
#include "app/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/nanotime.h"

#define BACKLOG 16
#define TURN_MS 500 /* connections are looked at for age at least so often */

struct http_client {
    int fd; /* -1 = free */
    int64_t since_ns;
};

struct http_server {
    struct http_config config;
    int listen_fd, stop_fd, epoll_fd;
    struct MHD_Daemon *daemon;
    struct flag stop;
    bool is_running;
    pthread_t thread;
    struct http_client client[HTTP_CONNECTIONS]; /* the server's thread */
};

static int64_t monotonic_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- answers ---- */

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status,
                                 const char *content_type, char *body, size_t n_bytes)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(n_bytes, body, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_NO;

    if (!response) {
        free(body);
        return MHD_NO;
    }
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) == MHD_YES &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET") == MHD_YES))
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    char *body = strdup(why);

    return body ? send_text(connection, status, "text/plain; charset=utf-8", body, strlen(body))
                : MHD_NO;
}

static enum MHD_Result send_page(const struct http_server *server,
                                 struct MHD_Connection *connection, const struct http_page *page)
{
    char *body = malloc(page->max_bytes);
    struct text text;
    unsigned status;

    if (!body)
        return MHD_NO;
    text = text_wrap(body, page->max_bytes);
    status = page->write(server->config.ctx, &text);
    if (text.is_cut) { /* half a page would be read as if the other half were gone */
        free(body);
        return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "too long\n");
    }
    return send_text(connection, status, page->content_type, body, text.used_bytes);
}

/* A MHD_AccessHandlerCallback. */
static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
    const struct http_server *server = ctx;

    (void)version, (void)upload, (void)upload_bytes, (void)request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    for (size_t i = 0; i < server->config.n_pages; i++) {
        if (strcmp(url, server->config.pages[i].path) == 0)
            return send_page(server, connection, &server->config.pages[i]);
    }
    return refuse(connection, MHD_HTTP_NOT_FOUND, "there is /metrics, /healthz and /readyz\n");
}

/* ---- connections ---- */

static struct http_client *find_client(struct http_server *server, int fd)
{
    for (unsigned i = 0; i < HTTP_CONNECTIONS; i++) {
        if (server->client[i].fd == fd)
            return &server->client[i];
    }
    return NULL;
}

/* A MHD_NotifyConnectionCallback. */
static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = ctx;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    bool is_begin = code == MHD_CONNECTION_NOTIFY_STARTED;
    struct http_client *client;

    (void)socket_ctx;
    if (!info)
        return;
    client = find_client(server, is_begin ? -1 : info->connect_fd);
    if (client)
        *client = (struct http_client){.fd = is_begin ? info->connect_fd : -1,
                                       .since_ns = monotonic_ns()};
}

static void end_old_ones(struct http_server *server)
{
    int64_t now_ns = monotonic_ns();

    for (unsigned i = 0; i < HTTP_CONNECTIONS; i++) {
        struct http_client *client = &server->client[i];

        if (client->fd >= 0 && now_ns - client->since_ns > HTTP_LIFE_NS)
            (void)shutdown(client->fd, SHUT_RDWR);
    }
}

static void *server_thread(void *ctx)
{
    struct http_server *server = ctx;
    struct pollfd fds[] = {{.fd = server->epoll_fd, .events = POLLIN},
                           {.fd = server->stop_fd, .events = POLLIN}};

    while (!flag_is_raised(&server->stop)) {
        MHD_UNSIGNED_LONG_LONG wait_ms = TURN_MS;

        if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES || wait_ms > TURN_MS)
            wait_ms = TURN_MS;
        (void)poll(fds, ARRAY_LEN(fds), (int)wait_ms);
        (void)MHD_run(server->daemon);
        end_old_ones(server);
    }
    return NULL;
}

/* ---- from open to close ---- */

static int listen_at(const struct http_address *address, struct err *err)
{
    int fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    int code = 0;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, (const struct sockaddr *)&address->addr, address->addr_bytes) ||
        listen(fd, BACKLOG))
        code = -errno;
    if (code && fd >= 0)
        (void)close(fd);
    return code ? err_set(err, code, "--metrics: cannot listen there: %s", strerror(-code)) : fd;
}

static int start_daemon(struct http_server *server, struct err *err)
{
    const union MHD_DaemonInfo *info;

    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, answer, server, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_REQUEST_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon)
        server->listen_fd = -1; /* the daemon's now */
    info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return err_set(err, -EIO, "--metrics: the HTTP server does not start");
    server->epoll_fd = info->epoll_fd;
    return 0;
}

int http_server_open(struct http_server **server, const struct http_config *config, struct err *err)
{
    struct http_server *opened = calloc(1, sizeof(*opened));
    int code = 0;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    opened->config = *config;
    for (unsigned i = 0; i < HTTP_CONNECTIONS; i++)
        opened->client[i].fd = -1;
    opened->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    opened->listen_fd = listen_at(config->address, err);
    if (opened->stop_fd < 0)
        code = err_set(err, -errno, "--metrics: %s", strerror(errno));
    else if (opened->listen_fd < 0)
        code = opened->listen_fd;
    if (!code)
        code = start_daemon(opened, err);
    if (code)
        http_server_close(opened);
    else
        *server = opened;
    return code;
}

int http_server_start(struct http_server *server, struct err *err)
{
    sigset_t all, before;
    int code;

    /* Signals are main's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&server->thread, NULL, server_thread, server);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code)
        return err_set(err, -code, "cannot start a thread: %s", strerror(code));
    server->is_running = true;
    return 0;
}

void http_server_close(struct http_server *server)
{
    const uint64_t one = 1;

    if (!server)
        return;
    flag_raise(&server->stop);
    if (server->is_running) {
        while (write(server->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
        (void)pthread_join(server->thread, NULL);
    }
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (server->listen_fd >= 0)
        (void)close(server->listen_fd);
    if (server->stop_fd >= 0)
        (void)close(server->stop_fd);
    free(server);
}
