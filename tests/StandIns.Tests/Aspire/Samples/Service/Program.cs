// What the tests of the hosting stand-in run: it tells what it was given, and ends as it is told.
using Microsoft.AspNetCore.Http;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
var healthyAt = TimeProvider.System.GetUtcNow() + builder.Configuration.GetValue("Sample:HealthyAfter", TimeSpan.Zero);

if (builder.Configuration["Sample:EndAtOnce"] is { } code)
{
    Console.Error.WriteLine("I end at once.");
    return int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
}

app.MapGet("/health", () => TimeProvider.System.GetUtcNow() < healthyAt ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Ok());
app.MapGet("/", () => Environment.ProcessId);
app.MapGet("/environment", () => Environment.GetEnvironmentVariables());
app.MapGet("/arguments", () => args);
app.MapPost("/end/{code}", (int code) => Environment.Exit(code));
app.Lifetime.ApplicationStopping.Register(() =>
{
    Thread.Sleep(builder.Configuration.GetValue("Sample:StopTakes", TimeSpan.Zero));
    Console.WriteLine("I stop in order.");
});
Console.WriteLine("I have started.");
app.Run();
return 0;
