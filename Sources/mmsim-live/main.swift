import LiveCommands

MmsimLive.run()
