from acme_assets.watcher.watch import main

if __name__ == "__main__":
    main()
