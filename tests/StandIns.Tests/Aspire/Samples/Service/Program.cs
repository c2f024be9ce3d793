// What the tests of the hosting stand-in run: it tells what it was given, and ends as it is told.
using Microsoft.AspNetCore.Http;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
var sick = false;

if (builder.Configuration["Sample:EndAtOnce"] is { } code)
{
    Console.Error.WriteLine("I end at once.");
    return int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
}

app.MapGet("/health", () => sick ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Ok());
app.MapGet("/", () => Environment.ProcessId);
app.MapGet("/environment", () => Environment.GetEnvironmentVariables());
app.MapGet("/arguments", () => args);
app.MapPost("/sick", () => { sick = true; });
app.MapPost("/end/{code}", (int code) => Environment.Exit(code));
app.Lifetime.ApplicationStopping.Register(() => Console.WriteLine("I stop in order."));
Console.WriteLine("I have started.");
app.Run();
return 0;
