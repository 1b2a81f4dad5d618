"""Keys of a run, as `apus keys` writes them: CURVE for the sockets of a Python process.

A directory of keys has the file `allowed`, lines `ROLE NAME KEY`, and `NAME.secret` for each process of this host.
"""
import os
import pathlib

import zmq
from zmq.auth.thread import ThreadAuthenticator

ZMQ_ZAP_ENFORCE_DOMAIN = 93  # Hidden in zmq.h; without it libzmq lets everybody in when no handler judges.


def admits(name, member):
    return member == name or member.startswith(name + "-")


class Keyring:
    def __init__(self, directory, role, member):
        self.directory = pathlib.Path(directory)
        fitting = []
        for path in self.directory.glob("*.secret"):
            if path.stat().st_mode & 0o077:
                raise SystemExit(f"{path} can be read by others: chmod 600 {path}")
            lines = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
            own = dict(lines)
            if own["role"] == role and admits(own["name"], member):
                fitting.append(own)
        if not fitting:
            raise SystemExit(f"{directory} has no key for {role} {member}: apus keys issue --role {role} --name {member}")
        own = max(fitting, key=lambda one: len(one["name"]))
        self.public, self.secret = own["public"].encode(), own["secret"].encode()
        self.stamp, self.list = None, []

    def allowed(self):
        """Lines of the allow list, read again when the file has changed."""
        path = self.directory / "allowed"
        status = os.stat(path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self.stamp:
            lines = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
            self.stamp, self.list = stamp, [(role, key.encode()) for role, _, key in lines]
        return self.list

    def open(self, socket, role):
        """Makes a socket connect to a process of this role, and to no other one."""
        known = [key for one, key in self.allowed() if one == role]
        if not known:
            raise SystemExit(f"{self.directory}/allowed has no key of role {role}")
        socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self.public, self.secret, known[-1]

    def guard(self, context, socket, role):
        """Makes a socket that binds let in processes of this role, and nobody else. Returns what must be kept alive."""
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_curve_callback(domain="apus", credentials_provider=Credentials(self, role))
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = self.public, self.secret
        socket.zap_domain = b"apus"
        socket.setsockopt(ZMQ_ZAP_ENFORCE_DOMAIN, 1)
        return authenticator


class Credentials:
    def __init__(self, keyring, role):
        self.keyring, self.role = keyring, role

    def callback(self, domain, key):
        return (self.role, key) in self.keyring.allowed()
