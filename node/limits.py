"""Every bound of the protocol and of one node, with its unit in the name and its reason beside it.

A limit is part of what peers may rely on: docs/protocol.md lists those that show on the wire.
"""

# --- canonical bytes ---------------------------------------------------------------------------------
# Deep nesting costs recursion before anything is known about the sender; our own statements nest 6 deep.
CBOR_DEPTH_MAX = 12
# One map, list or record: the largest statement (a roll of 1,000 communities) needs about 100 KiB.
STATEMENT_BYTES_MAX = 256 * 1024

# --- feeds -------------------------------------------------------------------------------------------
# formats.md: the author signs at most this far apart, so a receiver never holds more unproved.
STRETCH_ENTRIES_MAX = 256
STRETCH_BODY_BYTES_MAX = 256 * 1024
# A body is one record or some changes of one document; larger edits are split over several entries. The
# largest record is a roll of 1,000 communities, about 140 KiB with two attestations each.
BODY_BYTES_MAX = 200 * 1024
BODY_SALT_BYTES = 16

# --- automerge changes: byte limits alone do not help, a 64-byte change can carry 100k operations --------
CHANGE_BYTES_MAX = 64 * 1024
CHANGE_INFLATED_BYTES_MAX = 256 * 1024
CHANGE_OPERATIONS_MAX = 4_000
CHANGE_OPERATIONS_PER_KEY_MAX = 64
# Runs make thousands of equal operations out of a few hundred bytes, which would cost seconds and hundreds of
# megabytes a message. Each edit of ours names a key that no other of the change does, so it takes bytes.
CHANGE_OPERATIONS_FREE = 64
CHANGE_BYTES_PER_OPERATION_MIN = 2
CHANGE_ACTORS_MAX = 64
CHANGE_DEPENDENCIES_MAX = 64
CHANGES_PER_BODY_MAX = 64
CHANGE_MESSAGE_BYTES_MAX = 1_024
# A document rolls over to a new epoch well before this; automerge slows down beyond it.
DOCUMENT_CHANGES_MAX = 10_000

# --- the wire ----------------------------------------------------------------------------------------
# Noise allows 65,535 bytes a message; one WebSocket frame carries one Noise message.
FRAME_BYTES_MAX = 65_535
FRAME_TAG_BYTES = 16
# One protocol message may span several frames: a stretch with its headers must fit.
MESSAGE_BYTES_MAX = 512 * 1024
HANDSHAKE_BYTES_MAX = 500
HANDSHAKE_MS_MAX = 10_000
# Heads of one scope travel in chunks of this many, wants likewise.
HEADS_PER_MESSAGE_MAX = 500
WANTS_PER_MESSAGE_MAX = 16
# What one want is answered with before the asker must ask again: bounds what waits in a send queue.
WANT_ANSWER_BYTES_MAX = 1024 * 1024
SEND_QUEUE_BYTES_MAX = 8 * 1024 * 1024
CHARTER_RECORDS_PER_COMMUNITY_MAX = 256
CHARTER_BYTES_PER_COMMUNITY_MAX = 256 * 1024
# Federations that others named this community a founder of; a steward approves or forgets them.
FEDERATIONS_MAX = 32
# Branch ends that one peer claims in one scope and we lack: every claim costs memory and a look at each turn.
HEADS_MISSING_MAX = 10_000
SESSIONS_MAX = 600
# Callers with whom no session has begun: a stranger costs little and cannot crowd out members.
HANDSHAKES_PENDING_MAX = 32

# --- reconnecting ------------------------------------------------------------------------------------
RECONNECT_MS_MIN = 1_000
RECONNECT_MS_MAX = 5 * 60 * 1_000
# Two nodes that agree still compare now and then: it finds what a lost push left behind.
COMPARE_INTERVAL_MS = 60_000

# --- people's input ----------------------------------------------------------------------------------
NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 20_000
OPTIONS_PER_PROPOSAL_MAX = 1_000
BALLOTS_PER_PROPOSAL_MAX = 100_000
MEMBERS_PER_FEDERATION_MAX = 1_000
# More communities that witness make closing slower and safer by nothing: beyond, they take turns.
WITNESSES_MAX = 31
FEEDS_PER_COMMUNITY_MAX = 64
FORK_BRANCHES_MAX = 16
INVITATION_DAYS_MAX = 90

# --- answers -----------------------------------------------------------------------------------------
# How far a list by distance can be opened, and how far those within a distance are counted: further in, a
# database sorts everything to find a page that nobody turns to, or to tell 40,000 from 41,000.
NEAREST_LISTINGS_MAX = 1_000
# Documents in one part of an export: at 64 KiB each more would be much of a small machine's memory.
PART_DOCUMENTS_MAX = 2_000

# A whole stretch, with the frame of the message around it, must fit into one message.
assert STRETCH_BODY_BYTES_MAX + STRETCH_ENTRIES_MAX * 64 + 4_096 < MESSAGE_BYTES_MAX
assert BODY_BYTES_MAX < STRETCH_BODY_BYTES_MAX
assert CHANGE_BYTES_MAX < BODY_BYTES_MAX
assert CHARTER_BYTES_PER_COMMUNITY_MAX + 8_192 < MESSAGE_BYTES_MAX
# The answers to one want fit into the queue, even where each is one long stretch.
assert WANTS_PER_MESSAGE_MAX * (STRETCH_BODY_BYTES_MAX + 65_536) < SEND_QUEUE_BYTES_MAX
assert RECONNECT_MS_MIN < RECONNECT_MS_MAX
assert HANDSHAKES_PENDING_MAX < SESSIONS_MAX
