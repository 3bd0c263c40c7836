"""`python -m acme_assets.board`: the board as a service of the stack."""

from acme_assets.board.serving import main

if __name__ == "__main__":
    main()
