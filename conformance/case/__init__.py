"""Case files: the model, the loader, the checks and the published JSON Schema. Pure: files in, values out."""
