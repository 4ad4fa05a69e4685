"""A server that tells the truth, or lies as its path says. Prints its port. Only for 127.0.0.1.

usage: https_server.py CERTIFICATE KEY FILE
"""

import http.server
import pathlib
import socket
import ssl
import sys

CONTENT = pathlib.Path(sys.argv[3]).read_bytes()
CUT = {"done": False}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def reply(self, status, headers=(), body=b"", length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length > len(body):
            self.close_connection = True

    def range_start(self):
        text = self.headers.get("Range", "")
        return int(text[len("bytes=") : -1]) if text else 0

    def serve(self, content, etag):
        """As a correct server does: a range only of the file that the client knows."""
        start = self.range_start()
        if start and self.headers.get("If-Range") == etag and start < len(content):
            given = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.reply(206, [("ETag", etag), ("Content-Range", given)], content[start:])
        else:
            self.reply(200, [("ETag", etag)], content)

    def do_GET(self):
        name = self.path.split("?")[0].strip("/").removesuffix(".gguf")
        half = len(CONTENT) // 2
        start = self.range_start()
        if name == "good":
            self.serve(CONTENT, '"one"')
        elif name in ("cut", "moved", "lying", "ignored", "weak", "elsewhere"):
            etag = 'W/"one"' if name == "weak" else '"one"'
            if not start and not CUT["done"]:
                CUT["done"] = True
                self.reply(200, [("ETag", etag)], CONTENT[:half], len(CONTENT))
            elif name == "cut" or name == "weak":
                self.serve(CONTENT, etag)
            elif name == "moved":
                self.serve(CONTENT, '"two"')
            elif name == "lying":
                given = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
                self.reply(206, [("ETag", '"two"'), ("Content-Range", given)], CONTENT[start:])
            elif name == "ignored":
                self.reply(200, [("ETag", '"one"')], CONTENT)
            elif name == "elsewhere":
                given = f"bytes 1-{len(CONTENT) - 1}/{len(CONTENT)}"
                self.reply(206, [("ETag", '"one"'), ("Content-Range", given)], CONTENT[1:])
        elif name == "was-cut":
            self.reply(200, [], str(CUT["done"]).encode())
        elif name == "html":
            self.reply(200, [("Content-Type", "text/html; charset=utf-8")], b"<html>Please log in</html>")
        elif name == "html-unnamed":
            self.reply(200, [("Content-Type", "application/octet-stream")], b"<!DOCTYPE html><html>log in</html>")
        elif name == "gzip":
            self.reply(200, [("Content-Encoding", "gzip")], b"\x1f\x8b" + b"\0" * 100)
        elif name == "truncated":
            self.reply(200, [("ETag", '"one"')], CONTENT[: len(CONTENT) - 7])
        elif name == "huge":
            self.reply(200, [("ETag", '"one"')], b"GGUF", 1 << 60)
        elif name == "to-http":
            self.reply(302, [("Location", "http://127.0.0.1/good.gguf")])
        elif name == "to-file":
            self.reply(302, [("Location", "file:///etc/passwd")])
        elif name == "to-link-local":
            self.reply(302, [("Location", "https://169.254.169.254/latest/meta-data")])
        elif name == "to-loopback":
            self.reply(302, [("Location", "https://127.0.0.1:1/good.gguf")])
        elif name == "to-name":
            self.reply(302, [("Location", f"https://{socket.gethostname()}:1/good.gguf")])
        elif name == "to-good":
            self.reply(302, [("Location", "/good.gguf")])
        elif name == "loop":
            self.reply(302, [("Location", "/loop.gguf")])
        else:
            self.reply(404, [], b"no")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
