"""What a delivery must look like: feed schemas, client layouts, streaming validation, quarantine."""
