namespace AiMesh.Testing;

/// <summary>Keeps the promise of <c>eng/test.sh --unit</c>: seconds, because nothing there starts a server.</summary>
internal static class TestLevel
{
    private static readonly bool NoServers = Environment.GetEnvironmentVariable("AIMESH_TEST_LEVEL") == "unit";

    /// <exception cref="InvalidOperationException">This run leaves out the tests that start servers, and one of them was not marked.</exception>
    public static void DemandServers()
    {
        if (NoServers)
            throw new InvalidOperationException("""A test that starts a server needs [Trait("Level", "Server")] on its class; this run is without them (AIMESH_TEST_LEVEL=unit).""");
    }
}
