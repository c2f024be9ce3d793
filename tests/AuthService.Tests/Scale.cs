namespace AiMesh.AuthService.Tests;

/// <summary>How much of a load test runs: a few seconds of it, or all of what the mesh promises with AIMESH_FULL=1 in the environment.</summary>
internal static class Scale
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("AIMESH_FULL") == "1";

    public static int Of(int quick, int full) => IsFull ? full : quick;
}
