namespace AiMesh.ProviderSimulator;

/// <summary>Usage: AiMesh.ProviderSimulator [--urls http://127.0.0.1:5088] [--Key sk-…]. See README.md for scripts and billing.</summary>
internal static class EntryPoint
{
    public static Task Main(string[] args) => SimulatorApp.Create(args, new SimulatorState()).RunAsync();
}
