import Commands
import Strategies

// The whole command line of mmsim, with one strategy more.
var strategies = StrategyRegistry.builtIn
strategies.add(ScaleIn.self)
Mmsim.run(strategies: strategies)
