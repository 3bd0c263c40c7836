from acme_assets.alerter.resident import main

if __name__ == "__main__":
    main()
