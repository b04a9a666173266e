"""Hours of a broker's and its clients' life, watched for what grows."""
