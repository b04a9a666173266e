"""The main job without a screen and a sound card: real processes, real speech, and a verdict."""
