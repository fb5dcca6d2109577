"""What is made from reports for other programs and for readers. Pure: reports in, texts out; one module a format."""
