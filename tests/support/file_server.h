// file_server.h: a real nginx on loopback that serves a folder, well and badly, for tests of downloads.
#ifndef TESTS_SUPPORT_FILE_SERVER_H
#define TESTS_SUPPORT_FILE_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

// Below every address lies www/ of the server's folder, by its file names:
//   /plain/    as it is                          /norange/   without Range
//   /drip/     at 10 kB/s                        /gzipped/   with "Content-Encoding: gzip", content unchanged
//   /regzip/   NAME.gz in place of NAME, with "Content-Encoding: gzip"
//   /chunked/  without Content-Length            /busy/      one request a second, else 429 and Retry-After: 1
//   /html/     a web page with status 200        /page/      the same, called application/octet-stream
//   /broken/   status 500                        /weekly/    status 429 and Retry-After: 604800
//   /hop3/     three redirects to /plain/        /loop/      redirects to itself
//   /tohttp/   redirects to http://192.0.2.1/    /tofile/    redirects to file:///etc/passwd
struct file_server {
    pid_t process;
    int port, tls_port, proxy_port; // 0: none
    char folder[64];
};

// Skips the test where there is no nginx, or no openssl for `tls`.
void file_server_require(bool tls);

// `folder` has a subfolder www/, and gets the server's own files. With `tls` also https with a certificate that nobody has
// signed, FOLDER/certificate.pem. Fails the test when the server does not come up.
struct file_server file_server_start(const char *folder, bool tls);
void file_server_stop(struct file_server *server);

// Lines of the access log, "PORT METHOD PATH STATUS RANGE"; the caller's to free.
char *file_server_log(const struct file_server *server);

#endif
