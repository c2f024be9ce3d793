namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a parameter is when nobody gives it a value.</summary>
public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();
}

internal sealed class ConstantParameterDefault(Func<string> value) : ParameterDefault
{
    public override string GetDefaultValue() => value();
}
