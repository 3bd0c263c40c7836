from acme_assets.gatekeeper.resident import main

if __name__ == "__main__":
    main()
