"""Deciding: what the records held say of questions (put, open, certified, reviewed), and their files."""
