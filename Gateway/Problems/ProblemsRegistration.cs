namespace AiMesh.Gateway.Problems;

internal static class ProblemsRegistration
{
    public static void AddProblems(this WebApplicationBuilder builder) =>
        builder.Services.AddExceptionHandler(options =>
        {
            options.AllowStatusCode404Response = true;
            options.StatusCodeSelector = exception => exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
            options.ExceptionHandler = context => EdgeProblem.WriteAsync(context, context.Response.StatusCode);
        });

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(pages => EdgeProblem.WriteAsync(pages.HttpContext, pages.HttpContext.Response.StatusCode));
    }
}
