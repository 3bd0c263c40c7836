from acme_assets.runner.server import main

if __name__ == "__main__":
    main()
