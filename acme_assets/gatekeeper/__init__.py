"""The gatekeeper: a resident process that acts the moment a gate opens or shuts.

It releases what is signed, takes back what is withdrawn, signs what a client's policy leaves to the service, judges
releases with the production suites, and seals the audit log. Everything it does can be done without it, later: runs
that the work sensor requests release too. It decides nothing that the gate has not decided.
"""
