using AiMesh.Bench;
using AiMesh.Bench.Scenarios;
using AiMesh.Bench.Servers;
using Spectre.Console;

// `serve` is how a scenario starts its servers in processes of their own; people call it with names of scenarios, or none for all.
if (args is ["serve", var server, .. var settings])
{
    await BenchServers.RunAsync(server, settings);
    return 0;
}

IScenario[] all =
[
    new UnaryCall(), new MutualTls(), new GatewayHop(), new SecuredPage(), new GraphQLPage(), new VectorSearch(), new ImportRows(), new CdcEvents(), new FieldEncryption(),
    new PolicyDecision(), new ColdStart(), new CacheHit(), new TokenVerify(), new TokenCache(), new ClientGrants(), new Refreshes(), new PasswordLogins(),
];
var chosen = args.Length == 0 ? all : [.. all.Where(scenario => args.Contains(scenario.Name))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"There is no such scenario. There are: {string.Join(", ", all.Select(scenario => scenario.Name))}.");
    return 2;
}

var table = new Table().AddColumns("scenario", "ours", "peer", "ratio or time", "target", "met");
var allMet = true;
foreach (var scenario in chosen)
{
    Console.WriteLine($"running {scenario.Name}: {scenario.Description}");
    var result = await scenario.RunAsync();
    allMet &= result.Met;
    table.AddRow(scenario.Name, result.Ours, result.Peer, result.Measured, result.Target, result.Met ? "yes" : "NO");
}

AnsiConsole.Profile.Width = 160;
AnsiConsole.Write(table);
return allMet ? 0 : 1;
