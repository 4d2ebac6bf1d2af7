import Commands

Mmsim.run()
