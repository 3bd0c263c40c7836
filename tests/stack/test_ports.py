import os
import socket

import pytest

from acme_assets.stack.errors import StackError
from acme_assets.stack.ports import require_free


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_named_with_its_holder_and_a_free_one(address: str) -> None:
    with socket.socket() as holder:
        holder.bind((address, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} is taken by process {os.getpid()} .*ACME_UI_PORT=\d+ acme"):
            require_free(port)
    require_free(port)
