"""What listens on the far host: TLS with client certificates on 443, HTTP on 80, NTP on 123.

Run as `python far_host.py ADDRESS CERTIFICATE AUTHORITY`; prints `ready` when it listens.
"""

import socket
import ssl
import struct
import sys
import threading
import time

ADDRESS, CERTIFICATE, AUTHORITY = sys.argv[1:]
PAGE = "<p>回線認証に成功しました。</p>".encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def listening(port, kind=socket.SOCK_STREAM):
    opened = socket.socket(socket.AF_INET6, kind)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((ADDRESS, port))
    if kind == socket.SOCK_STREAM:
        opened.listen()
    return opened


def pages(opened, context=None):
    while True:
        connection, _ = opened.accept()
        try:
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            connection.recv(4096)
            connection.sendall(HEAD + PAGE * 100)
        except OSError:
            pass
        finally:
            connection.close()


def clock(opened):
    while True:
        query, where = opened.recvfrom(100)
        now = int((time.time() + 2208988800) * 2**32)
        head = struct.pack("!BBbb", 0x24, 2, 6, -20)
        body = head + bytes(20) + query[40:48] + struct.pack("!QQ", now, now)
        opened.sendto(body, where)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE)
context.load_verify_locations(AUTHORITY)
context.verify_mode = ssl.CERT_REQUIRED
for target, arguments in (
    (pages, (listening(443), context)),
    (pages, (listening(80),)),
    (clock, (listening(123, socket.SOCK_DGRAM),)),
):
    threading.Thread(target=target, args=arguments, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
