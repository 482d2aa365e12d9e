// file_server.c: writes nginx's configuration, starts it, waits until it answers.
#include "tests/support/file_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

static const char *const nginx_paths[] = {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx", NULL};
static const char *const openssl_paths[] = {"/usr/bin/openssl", "/usr/local/bin/openssl", NULL};

static const char *find_program(const char *const paths[])
{
    for (int i = 0; paths[i] != NULL; i++)
        if (access(paths[i], X_OK) == 0) return paths[i];
    return NULL;
}

void file_server_require(bool tls)
{
    if (find_program(nginx_paths) == NULL) cr_skip_test("there is no nginx here (Debian: nginx-light)");
    if (tls && find_program(openssl_paths) == NULL) cr_skip_test("there is no openssl program here");
}

static int open_listener(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    cr_assert(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return listener;
}

// All at once, so that they differ. Between here and nginx somebody else may take one; nginx then fails to start.
static void choose_ports(struct file_server *server)
{
    int listeners[] = {open_listener(&server->port), open_listener(&server->tls_port),
                       open_listener(&server->proxy_port)};
    for (int i = 0; i < 3; i++) close(listeners[i]);
}

static const char configuration_begin[] =
    "daemon off; master_process off; pid @F/nginx.pid; error_log @F/error.log;\n"
    "events {}\n"
    "http {\n"
    "  log_format short '$server_port $request_method $uri $status $http_range';\n"
    "  access_log @F/access.log short;\n"
    "  client_body_temp_path @F/t1; proxy_temp_path @F/t2; fastcgi_temp_path @F/t3;\n"
    "  uwsgi_temp_path @F/t4; scgi_temp_path @F/t5;\n"
    "  sendfile on; default_type application/octet-stream;\n"
    "  limit_req_zone $uri zone=busy:1m rate=1r/s;\n"
    "  server {\n"
    "    listen 127.0.0.1:@P;\n"
    "    root @F/none;\n"
    "    location /plain/ { alias @F/www/; }\n"
    "    location /norange/ { alias @F/www/; max_ranges 0; }\n"
    "    location /drip/ { alias @F/www/; limit_rate 10k; }\n"
    "    location /gzipped/ { alias @F/www/; add_header Content-Encoding gzip; }\n"
    "    location /regzip/ { alias @F/www/; gzip_static always; }\n"
    "    location /chunked/ { alias @F/www/; sub_filter_types *; sub_filter 'no such text' 'x'; }\n"
    "    location /busy/ { alias @F/www/; limit_req zone=busy; limit_req_status 429; add_header Retry-After 1 "
    "always; }\n"
    "    location /html/ { default_type text/html; return 200 '<html><body>Maintenance</body></html>'; }\n"
    "    location /page/ { return 200 '\\n<!DOCTYPE html><html><body>Maintenance</body></html>'; }\n"
    "    location /broken/ { return 500; }\n"
    "    location /weekly/ { add_header Retry-After 604800 always; return 429; }\n"
    "    location /hop3/ { rewrite ^/hop3/(.*)$ /hop2/$1 redirect; }\n"
    "    location /hop2/ { rewrite ^/hop2/(.*)$ http://127.0.0.1:@P/hop1/$1 permanent; }\n"
    "    location /hop1/ { rewrite ^/hop1/(.*)$ /plain/$1 redirect; }\n"
    "    location /loop/ { return 307 /loop/; }\n"
    "    location /tohttp/ { return 302 http://192.0.2.1/data; }\n"
    "    location /tofile/ { return 302 file:///etc/passwd; }\n"
    "  }\n"
    "  server { listen 127.0.0.1:@X; location / { proxy_pass http://$http_host$request_uri; } }\n";

static const char configuration_tls[] =
    "  server {\n"
    "    listen 127.0.0.1:@T ssl; ssl_certificate @F/certificate.pem; ssl_certificate_key @F/key.pem;\n"
    "    location /plain/ { alias @F/www/; }\n"
    "    location /tohttp/ { return 302 http://192.0.2.1/data; }\n"
    "  }\n";

// @F: folder, @P: port, @T: port of TLS, @X: port of the proxy.
static void write_text(FILE *stream, const char *text, const struct file_server *server)
{
    for (; *text != '\0'; text++) {
        if (*text != '@')
            fputc(*text, stream);
        else if (*++text == 'F')
            fputs(server->folder, stream);
        else
            fprintf(stream, "%d", *text == 'P' ? server->port : *text == 'T' ? server->tls_port : server->proxy_port);
    }
}

static void write_configuration(const struct file_server *server, bool tls)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert(stream != NULL);
    write_text(stream, configuration_begin, server);
    if (tls) write_text(stream, configuration_tls, server);
    fputs("}\n", stream);
    fclose(stream);
    temporary_file_write(server->folder, "nginx.conf", text);
    free(text);
}

static void make_certificate(const char *folder)
{
    char command[600];
    snprintf(command, sizeof command,
             "%s req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
             "-keyout %s/key.pem -out %s/certificate.pem 2>%s/openssl.log",
             find_program(openssl_paths), folder, folder, folder);
    cr_assert(system(command) == 0, "make a certificate"); // NOLINT(cert-env33-c): a fixed command
}

static bool answers(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    close(descriptor);
    return good;
}

static void become_nginx(const char *nginx, const char *folder)
{
    char configuration[128], errors[128];
    snprintf(configuration, sizeof configuration, "%s/nginx.conf", folder);
    snprintf(errors, sizeof errors, "%s/error.log", folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that crashes leaves no server behind
    execl(nginx, "nginx", "-p", folder, "-c", configuration, "-e", errors, (char *)NULL);
    _exit(127);
}

struct file_server file_server_start(const char *folder, bool tls)
{
    const char *nginx = find_program(nginx_paths);
    struct file_server server = {.process = -1};
    snprintf(server.folder, sizeof server.folder, "%s", folder);
    if (tls) make_certificate(folder);
    choose_ports(&server);
    write_configuration(&server, tls);
    fflush(NULL);
    server.process = fork();
    cr_assert(server.process >= 0);
    if (server.process == 0) become_nginx(nginx, folder);
    for (int i = 0; i < 200 && !answers(server.port); i++) {
        cr_assert(waitpid(server.process, NULL, WNOHANG) == 0, "nginx ended; see %s/error.log", folder);
        usleep(25000);
    }
    cr_assert(answers(server.port), "nginx does not answer");
    return server;
}

void file_server_stop(struct file_server *server)
{
    if (server->process <= 0) return;
    kill(server->process, SIGKILL);
    waitpid(server->process, NULL, 0);
    server->process = -1;
}

char *file_server_log(const struct file_server *server)
{
    return temporary_file_read(server->folder, "access.log");
}
