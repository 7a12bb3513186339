# SPDX-License-Identifier: Apache-2.0
# Puts bytes after each thread-local variable of compiled kernels, as assembly: shared memory's, between one array
# and the next, so that who goes past the end of the one is not in the other.
/^\t\.section/ { shared = /\.tbss|\.tdata/ }
{ print }
shared && /^\t\.zero/ { print "\t.zero\t64" }
