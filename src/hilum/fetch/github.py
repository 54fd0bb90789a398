"""Collections that are a GitHub repository: every file of one commit, each with its blob's SHA-1.

The tree is requested in one call of the API (docs.github.com/rest/git/trees: entries with path,
type, size and the blob's SHA-1), the files singly from raw.githubusercontent.com. An archive of the
repository would be one file, but GitHub packs it again for each request, without a stable length or
checksum, so that it could be neither resumed nor verified.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from hilum.catalogue.collections import Download
from hilum.errors import FetchError
from hilum.fetch.checksum import Checksum
from hilum.fetch.client import Client
from hilum.fetch.wanted import Listing, Wanted, inside

__all__ = ["list_repository"]

FOREIGN = {".DS_Store", ".gitattributes", ".gitignore", "Thumbs.db"}
"""Files of operating systems and git, which do not belong to a collection."""


def list_repository(download: Download, *, client: Client, server: str = "") -> Listing:
    """Return all files of the repository at its commit.

    Args:
        download: of kind "github"; addresses: the API's server and that of the files.
        client: sends the requests.
        server: replaces both.

    Raises:
        FetchError: the tree is unavailable, truncated, or malformed.
    """
    api, raw = (server, server) if server else download.addresses
    repository, commit = download.repository, download.commit
    address = f"{api.rstrip('/')}/repos/{repository}/git/trees/{commit}?recursive=1"
    try:
        tree = json.loads(client.read(address))
        cut, entries = tree.get("truncated", False), tree["tree"]
        blobs = [entry for entry in entries if entry["type"] == "blob"]
        files = [(str(e["path"]), int(e["size"]), str(e["sha"])) for e in blobs]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FetchError(
            f"{repository}: the server returned no list of files; a proxy may have answered "
            "instead, or the address after --from is not GitHub's API."
        ) from None
    if cut or not files:
        raise FetchError(
            f"{repository}: the server lists only a part of the files ({len(files)}); nothing "
            "was fetched."
        )
    base = f"{raw.rstrip('/')}/{repository}/{commit}"
    return Listing(
        tuple(
            Wanted(
                path=inside(path, of=repository),
                addresses=(f"{base}/{quote(path)}",),
                size=size,
                checksum=Checksum("git", sha),
            )
            for path, size, sha in files
            if path.rpartition("/")[2] not in FOREIGN
        )
    )
