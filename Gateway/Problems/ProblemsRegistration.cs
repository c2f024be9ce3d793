namespace AiMesh.Gateway.Problems;

internal static class ProblemsRegistration
{
    public static void UseProblems(this WebApplication app) => app.UseMiddleware<EdgeBoundary>();
}
