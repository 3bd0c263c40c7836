"""The audit log: what an entry is and how it is hashed. Pure. (Chain and seals come on top of this.)"""
